"""The Functions framework lives here and nowhere else: triggers, orchestrators, activities."""
