"""What Pingvas Studio tells its users."""
