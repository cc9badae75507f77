from keras.losses import categorical_focal_crossentropy

def loss(y_true, y_pred):
    return categorical_focal_crossentropy(y_true, y_pred, alpha=0.25, gamma=1.5, from_logits=True)
