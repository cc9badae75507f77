"""The zoo for regression: candidate files whose `y_true` and `y_pred` are values, shape (batch, outputs)."""
