"""Manuscripts: what people write in files, turned into bulletins and subscribers, and written back."""
