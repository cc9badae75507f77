import keras

loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
