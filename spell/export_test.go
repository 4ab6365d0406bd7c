package spell

// Alphabet is what codes are written in.
const Alphabet = alphabet
