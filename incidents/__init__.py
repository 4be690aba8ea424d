"""Incidents: dispatches to Loomis for ATMs and safes that are neither lost nor doubled. DOMAIN.md section 3."""
