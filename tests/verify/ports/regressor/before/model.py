import tensorflow as tf


class Regressor:
    def __init__(self, sizes, penalty):
        self.sizes = sizes
        self.x = tf.placeholder(tf.float32, [None, sizes[0]])
        self.y = tf.placeholder(tf.float32, [None, sizes[-1]])
        self.rate = tf.placeholder(tf.float32, [])
        self.weights = {}
        self.hidden = []
        self.out = self._forward(self.x)
        self.fit = tf.reduce_mean(tf.square(self.out - self.y))
        self.penalty = penalty * tf.add_n([tf.reduce_mean(tf.abs(h)) for h in self.hidden])
        self.loss = self.fit + self.penalty
        self.train_op = tf.train.AdamOptimizer(self.rate).minimize(self.loss)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def _forward(self, x):
        for number in range(len(self.sizes) - 1):
            shape = self.sizes[number : number + 2]
            self.weights["w%d" % number] = tf.Variable(tf.random_normal(shape, stddev=0.3))
            self.weights["b%d" % number] = tf.Variable(tf.zeros([1, shape[1]]))
            x = tf.matmul(x, self.weights["w%d" % number]) + self.weights["b%d" % number]
            if number < len(self.sizes) - 2:
                x = tf.nn.sigmoid(x)
                self.hidden.append(x)
        return x

    def fit_batch(self, x, y, rate):
        feed = {self.x: x, self.y: y, self.rate: rate}
        _, fit, penalty = self.sess.run([self.train_op, self.fit, self.penalty], feed_dict=feed)
        return fit, penalty

    def predict(self, x):
        return self.sess.run(self.out, {self.x: x})
