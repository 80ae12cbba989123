import numpy as np
from model import Regressor

np.random.seed(0)
X = np.random.rand(60, 5)
Y = np.sin(X[:, :2]) + 0.1 * X[:, 3:]


def main():
    model = Regressor([5, 6, 6, 2], 0.01)
    rate = 0.05
    for epoch in range(8):
        for at in range(0, 60, 20):
            fit, penalty = model.fit_batch(X[at : at + 20], Y[at : at + 20], rate)
        rate *= 0.9
        print(epoch, fit, penalty)
    print(np.abs(model.predict(X) - Y).mean())


if __name__ == "__main__":
    main()
