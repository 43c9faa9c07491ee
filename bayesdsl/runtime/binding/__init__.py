"""Data meet the model: columns computed, checked against their types and likelihoods, and made tensors."""
