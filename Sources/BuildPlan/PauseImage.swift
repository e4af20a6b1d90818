/// The sandbox image of every pod: containerd's configuration and the payload must name the same one.
public enum PauseImage {
    static let version = "3.10"
    public static let reference = "registry.k8s.io/pause:\(version)"
}
