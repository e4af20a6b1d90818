/// Every kind of certificate that ends a chain. The raw values are the words of `pki.generations`.
public enum LeafKind: String, Sendable, Hashable, CaseIterable {
    case apiserver = "kube-apiserver"
    case apiserverKubeletClient = "apiserver-kubelet-client"
    case apiserverEtcdClient = "apiserver-etcd-client"
    case frontProxyClient = "front-proxy-client"
    case controllerManager = "kube-controller-manager"
    case scheduler = "kube-scheduler"
    case admin
    case kubeProxy = "kube-proxy"
    case kubeletServer = "kubelet-server"
    case kubeletClient = "kubelet-client"
    case etcdServer = "etcd-server"
    case etcdPeer = "etcd-peer"
    case etcdHealthcheckClient = "etcd-healthcheck-client"
    case vault
}
