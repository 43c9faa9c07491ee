"""A second reading of the language, for tests alone: it shares no code with the compiler's lowering."""
