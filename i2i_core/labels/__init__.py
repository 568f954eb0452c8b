"""Label maps: palettes, decoding colours to ids, edits, automatic segmentation."""
