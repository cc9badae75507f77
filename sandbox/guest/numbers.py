Integral = int
Number = Complex = Real = (int, float)
