"""Python source as data (`nodes`) and the one printer (`printer`)."""
