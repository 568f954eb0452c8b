"""What the tabs share: jobs, widgets, models, fits."""
