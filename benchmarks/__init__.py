"""Measurements that are kept in the documentation."""
