"""The officer's page: type what happened, read the card."""
