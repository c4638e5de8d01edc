"""The authority's side of a case: early notice, referral, answers, selection."""
