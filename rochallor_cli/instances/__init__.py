"""Instances as the command line knows them: followed, told as a history, cancelled, and the user tasks open in them."""
