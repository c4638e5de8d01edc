"""The evidence log: every record of the streams is a leaf of a Merkle tree; its head is signed and told to everyone."""
