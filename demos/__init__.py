"""The page: Gradio only. A tab is one module with TITLE and build()."""
