"""Data from the prior or from pinned values, in the form of the files that a spec reads."""
