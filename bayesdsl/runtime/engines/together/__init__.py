"""Many chains of NUTS at once on one device: every operation of the sampler is on the tensors of all of them."""
