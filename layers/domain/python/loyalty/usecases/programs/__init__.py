"""Settings are changed and viewed; the audit says who did what."""
