"""What files say of themselves: completed uploads are read, and their items get what was found."""
