"""From pixels to features: gaps, relative quantization encoding, augmentation. All on tensors,
inside the model.
"""
