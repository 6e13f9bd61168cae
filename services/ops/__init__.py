"""No service but the operator's command line `scanpass`; gives `object.decided`."""
