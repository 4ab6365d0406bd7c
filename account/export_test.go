package account

// What tests of the room from outside look at.

const MaxGaps = maxGaps
const MaxOfOne = maxOfOne
