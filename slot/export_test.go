package slot

// MaxRestrictions is how many restrictions a document holds at most.
const MaxRestrictions = maxRestrictions
