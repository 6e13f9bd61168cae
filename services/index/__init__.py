"""Takes instances, rosters and declarations, keeps the catalogue, gives `study.*`."""
