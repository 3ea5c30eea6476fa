"""The keeper's page: bring documents in, look after what the station added, see why something is found."""
