"""What the language knows of distributions, functions and inference, as rows of data."""
