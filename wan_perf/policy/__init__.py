"""What the users' files say: the policy, contracts, and hours of an older tool."""
