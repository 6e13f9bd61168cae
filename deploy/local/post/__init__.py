"""The demo's post office: a real SMTP receiver and a small SMS gateway, and pages to see both."""

from deploy.local.post.office import Addresses, Ports, Post

__all__ = ["Addresses", "Ports", "Post"]
