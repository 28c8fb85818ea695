"""What delivers notifications, one module each."""
