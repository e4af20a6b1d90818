/// A system account that a service runs as, with a group of the same name.
public struct AccountPlan: Sendable, Hashable {
    public let name: String
    public let home: String
    public let shell: String

    public init(service name: String, home: String) {
        self.name = name
        self.home = home
        shell = "/usr/sbin/nologin"
    }
}
