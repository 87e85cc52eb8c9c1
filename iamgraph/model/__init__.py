"""The model language: text to tree to model, and back."""
