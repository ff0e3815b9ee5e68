"""Pure: what differs between desired and current state, what that means for phones, and which plans are refused."""
