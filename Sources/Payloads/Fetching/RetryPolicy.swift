/// How often a broken transfer is taken up again.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts in a row that bring nothing new before it is given up.
    public let attempts: Int
    /// Seconds before the second attempt; doubled each time.
    public let pause: Double

    public init(attempts: Int, pause: Double) {
        self.attempts = attempts
        self.pause = pause
    }

    /// Four attempts within about four seconds.
    public static let standard = RetryPolicy(attempts: 4, pause: 0.5)
}
