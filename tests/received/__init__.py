"""Files received straight into real servers, and people who may look, or may not."""
