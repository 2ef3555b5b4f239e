"""One widget a file; each is told what to show and knows neither the session nor its neighbours."""
