"""What a language model is told: one Jinja template a message."""
