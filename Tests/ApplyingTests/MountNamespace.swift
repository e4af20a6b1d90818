@testable import Applying

/// Whether tests may mount file systems that nobody else sees.
enum MountNamespace {
    static var isPossible: Bool {
        guard Kernel.userID == 0, Program.path != nil, let unshare = Tool.find("unshare") else { return false }
        return (try? Tool.output(unshare, ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])) != nil
    }
}
