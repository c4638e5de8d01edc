"""Reading what was handed in: CSV, Excel and JSON files as rows of cells, nothing in them ever run."""
