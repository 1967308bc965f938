"""write_back."""
