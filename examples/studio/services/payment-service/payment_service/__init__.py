"""Subscriptions, and the webhooks that move them."""
