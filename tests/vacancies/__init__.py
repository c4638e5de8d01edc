"""Tests of the vacancies' single writer."""
