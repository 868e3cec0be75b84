"""The records of the Mist Cloud's answers, typed, a module an endpoint family.

Belongs here: one struct per kind of record with the fields that are read, under our names, beside
the map from Mist's names; Mist's words that have a meaning. No name of Mist stands elsewhere.
Keep out: which call gives which record (`catalogue`), how records become rows (the parsers in
`endpoints`).

A field is required only if it identifies the row: Mist omits unknown values or writes null; both
become None, as does a value of another kind or outside its bounds (`mist.client.odd_values`). Other
fields are ignored, so a new one breaks nothing. A name that is a column of the raw table is stored
under it. The others are read to choose rows or to find a value.
"""
