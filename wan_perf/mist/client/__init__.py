"""Requests to the Mist Cloud: the session, its limits and its failures."""
