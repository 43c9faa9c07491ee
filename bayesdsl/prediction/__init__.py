"""From a fit, or a run that was written, to predictions: the module is made, new rows are held against the spec, the
module is run on them."""
