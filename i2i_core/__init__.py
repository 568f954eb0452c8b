"""Image-to-image translation: PIL images in, PIL images out, tensors inside."""
