target triple = "x86_64-unknown-linux-gnu"

declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare <8 x float> @llvm.masked.load.v8f32.p0(ptr, i32, <8 x i1>, <8 x float>)
declare <8 x float> @llvm.fabs.v8f32(<8 x float>)
declare <8 x float> @llvm.copysign.v8f32(<8 x float>, <8 x float>)
declare void @llvm.masked.store.v8f32.p0(<8 x float>, ptr, i32, <8 x i1>)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)

define internal void @phase0.width20.product1x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca i64, i64 1, align 64
  %s87 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  %v4 = and i64 %depth, -4
  store i64 0, ptr %s6, align 8
  br label %loop5.head
loop5.head:
  %v7 = load i64, ptr %s6, align 8
  %v8 = icmp slt i64 %v7, %v4
  br i1 %v8, label %loop5.body, label %loop5.end
loop5.body:
  %v9 = add i64 %v7, 0
  %v10 = mul i64 %v9, 96
  %v11 = getelementptr i8, ptr %weights, i64 %v10
  %v12 = load <8 x float>, ptr %v11, align 64
  %v13 = getelementptr i8, ptr %v11, i64 32
  %v14 = load <8 x float>, ptr %v13, align 64
  %v15 = getelementptr i8, ptr %v11, i64 64
  %v16 = load <8 x float>, ptr %v15, align 64
  %v17 = mul i64 %v9, 4
  %v18 = getelementptr i8, ptr %left, i64 %v17
  %v19 = load float, ptr %v18, align 4
  %v20 = insertelement <8 x float> poison, float %v19, i64 0
  %v21 = shufflevector <8 x float> %v20, <8 x float> poison, <8 x i32> zeroinitializer
  %v22 = load <8 x float>, ptr %s1, align 64
  %v23 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v21, <8 x float> %v12, <8 x float> %v22)
  store <8 x float> %v23, ptr %s1, align 64
  %v24 = load <8 x float>, ptr %s2, align 64
  %v25 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v21, <8 x float> %v14, <8 x float> %v24)
  store <8 x float> %v25, ptr %s2, align 64
  %v26 = load <8 x float>, ptr %s3, align 64
  %v27 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v21, <8 x float> %v16, <8 x float> %v26)
  store <8 x float> %v27, ptr %s3, align 64
  %v28 = add i64 %v7, 1
  %v29 = mul i64 %v28, 96
  %v30 = getelementptr i8, ptr %weights, i64 %v29
  %v31 = load <8 x float>, ptr %v30, align 64
  %v32 = getelementptr i8, ptr %v30, i64 32
  %v33 = load <8 x float>, ptr %v32, align 64
  %v34 = getelementptr i8, ptr %v30, i64 64
  %v35 = load <8 x float>, ptr %v34, align 64
  %v36 = mul i64 %v28, 4
  %v37 = getelementptr i8, ptr %left, i64 %v36
  %v38 = load float, ptr %v37, align 4
  %v39 = insertelement <8 x float> poison, float %v38, i64 0
  %v40 = shufflevector <8 x float> %v39, <8 x float> poison, <8 x i32> zeroinitializer
  %v41 = load <8 x float>, ptr %s1, align 64
  %v42 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v31, <8 x float> %v41)
  store <8 x float> %v42, ptr %s1, align 64
  %v43 = load <8 x float>, ptr %s2, align 64
  %v44 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v33, <8 x float> %v43)
  store <8 x float> %v44, ptr %s2, align 64
  %v45 = load <8 x float>, ptr %s3, align 64
  %v46 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v35, <8 x float> %v45)
  store <8 x float> %v46, ptr %s3, align 64
  %v47 = add i64 %v7, 2
  %v48 = mul i64 %v47, 96
  %v49 = getelementptr i8, ptr %weights, i64 %v48
  %v50 = load <8 x float>, ptr %v49, align 64
  %v51 = getelementptr i8, ptr %v49, i64 32
  %v52 = load <8 x float>, ptr %v51, align 64
  %v53 = getelementptr i8, ptr %v49, i64 64
  %v54 = load <8 x float>, ptr %v53, align 64
  %v55 = mul i64 %v47, 4
  %v56 = getelementptr i8, ptr %left, i64 %v55
  %v57 = load float, ptr %v56, align 4
  %v58 = insertelement <8 x float> poison, float %v57, i64 0
  %v59 = shufflevector <8 x float> %v58, <8 x float> poison, <8 x i32> zeroinitializer
  %v60 = load <8 x float>, ptr %s1, align 64
  %v61 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v50, <8 x float> %v60)
  store <8 x float> %v61, ptr %s1, align 64
  %v62 = load <8 x float>, ptr %s2, align 64
  %v63 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v52, <8 x float> %v62)
  store <8 x float> %v63, ptr %s2, align 64
  %v64 = load <8 x float>, ptr %s3, align 64
  %v65 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> %v54, <8 x float> %v64)
  store <8 x float> %v65, ptr %s3, align 64
  %v66 = add i64 %v7, 3
  %v67 = mul i64 %v66, 96
  %v68 = getelementptr i8, ptr %weights, i64 %v67
  %v69 = load <8 x float>, ptr %v68, align 64
  %v70 = getelementptr i8, ptr %v68, i64 32
  %v71 = load <8 x float>, ptr %v70, align 64
  %v72 = getelementptr i8, ptr %v68, i64 64
  %v73 = load <8 x float>, ptr %v72, align 64
  %v74 = mul i64 %v66, 4
  %v75 = getelementptr i8, ptr %left, i64 %v74
  %v76 = load float, ptr %v75, align 4
  %v77 = insertelement <8 x float> poison, float %v76, i64 0
  %v78 = shufflevector <8 x float> %v77, <8 x float> poison, <8 x i32> zeroinitializer
  %v79 = load <8 x float>, ptr %s1, align 64
  %v80 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v78, <8 x float> %v69, <8 x float> %v79)
  store <8 x float> %v80, ptr %s1, align 64
  %v81 = load <8 x float>, ptr %s2, align 64
  %v82 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v78, <8 x float> %v71, <8 x float> %v81)
  store <8 x float> %v82, ptr %s2, align 64
  %v83 = load <8 x float>, ptr %s3, align 64
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v78, <8 x float> %v73, <8 x float> %v83)
  store <8 x float> %v84, ptr %s3, align 64
  %v85 = add i64 %v7, 4
  store i64 %v85, ptr %s6, align 8
  br label %loop5.head
loop5.end:
  store i64 %v4, ptr %s87, align 8
  br label %loop86.head
loop86.head:
  %v88 = load i64, ptr %s87, align 8
  %v89 = icmp slt i64 %v88, %depth
  br i1 %v89, label %loop86.body, label %loop86.end
loop86.body:
  %v90 = mul i64 %v88, 96
  %v91 = getelementptr i8, ptr %weights, i64 %v90
  %v92 = load <8 x float>, ptr %v91, align 64
  %v93 = getelementptr i8, ptr %v91, i64 32
  %v94 = load <8 x float>, ptr %v93, align 64
  %v95 = getelementptr i8, ptr %v91, i64 64
  %v96 = load <8 x float>, ptr %v95, align 64
  %v97 = mul i64 %v88, 4
  %v98 = getelementptr i8, ptr %left, i64 %v97
  %v99 = load float, ptr %v98, align 4
  %v100 = insertelement <8 x float> poison, float %v99, i64 0
  %v101 = shufflevector <8 x float> %v100, <8 x float> poison, <8 x i32> zeroinitializer
  %v102 = load <8 x float>, ptr %s1, align 64
  %v103 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v92, <8 x float> %v102)
  store <8 x float> %v103, ptr %s1, align 64
  %v104 = load <8 x float>, ptr %s2, align 64
  %v105 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v94, <8 x float> %v104)
  store <8 x float> %v105, ptr %s2, align 64
  %v106 = load <8 x float>, ptr %s3, align 64
  %v107 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> %v96, <8 x float> %v106)
  store <8 x float> %v107, ptr %s3, align 64
  %v108 = add i64 %v88, 1
  store i64 %v108, ptr %s87, align 8
  br label %loop86.head
loop86.end:
  br i1 %begins, label %if109.then, label %if109.end
if109.then:
  %v110 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v110, ptr %place, align 64
  %v111 = getelementptr i8, ptr %place, i64 32
  %v112 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v112, ptr %v111, align 64
  %v113 = getelementptr i8, ptr %place, i64 64
  %v114 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v114, ptr %v113, align 64
  br label %if109.end
if109.end:
  %v115 = xor i1 %begins, true
  br i1 %v115, label %if116.then, label %if116.end
if116.then:
  %v117 = load <8 x float>, ptr %s1, align 64
  %v118 = load <8 x float>, ptr %place, align 64
  %v119 = fadd <8 x float> %v117, %v118
  store <8 x float> %v119, ptr %place, align 64
  %v120 = getelementptr i8, ptr %place, i64 32
  %v121 = load <8 x float>, ptr %s2, align 64
  %v122 = load <8 x float>, ptr %v120, align 64
  %v123 = fadd <8 x float> %v121, %v122
  store <8 x float> %v123, ptr %v120, align 64
  %v124 = getelementptr i8, ptr %place, i64 64
  %v125 = load <8 x float>, ptr %s3, align 64
  %v126 = load <8 x float>, ptr %v124, align 64
  %v127 = fadd <8 x float> %v125, %v126
  store <8 x float> %v127, ptr %v124, align 64
  br label %if116.end
if116.end:
  ret void
}

define internal void @phase0.width20.product2x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s4 = alloca <8 x float>, i64 1, align 64
  %s5 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca <8 x float>, i64 1, align 64
  %s9 = alloca i64, i64 1, align 64
  %s43 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s4, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s5, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s6, align 8
  %v7 = and i64 %depth, -1
  store i64 0, ptr %s9, align 8
  br label %loop8.head
loop8.head:
  %v10 = load i64, ptr %s9, align 8
  %v11 = icmp slt i64 %v10, %v7
  br i1 %v11, label %loop8.body, label %loop8.end
loop8.body:
  %v12 = add i64 %v10, 0
  %v13 = mul i64 %v12, 96
  %v14 = getelementptr i8, ptr %weights, i64 %v13
  %v15 = load <8 x float>, ptr %v14, align 64
  %v16 = getelementptr i8, ptr %v14, i64 32
  %v17 = load <8 x float>, ptr %v16, align 64
  %v18 = getelementptr i8, ptr %v14, i64 64
  %v19 = load <8 x float>, ptr %v18, align 64
  %v20 = mul i64 %v12, 4
  %v21 = getelementptr i8, ptr %left, i64 %v20
  %v22 = load float, ptr %v21, align 4
  %v23 = insertelement <8 x float> poison, float %v22, i64 0
  %v24 = shufflevector <8 x float> %v23, <8 x float> poison, <8 x i32> zeroinitializer
  %v25 = load <8 x float>, ptr %s1, align 64
  %v26 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v24, <8 x float> %v15, <8 x float> %v25)
  store <8 x float> %v26, ptr %s1, align 64
  %v27 = load <8 x float>, ptr %s2, align 64
  %v28 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v24, <8 x float> %v17, <8 x float> %v27)
  store <8 x float> %v28, ptr %s2, align 64
  %v29 = load <8 x float>, ptr %s3, align 64
  %v30 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v24, <8 x float> %v19, <8 x float> %v29)
  store <8 x float> %v30, ptr %s3, align 64
  %v31 = getelementptr i8, ptr %v21, i64 128
  %v32 = load float, ptr %v31, align 4
  %v33 = insertelement <8 x float> poison, float %v32, i64 0
  %v34 = shufflevector <8 x float> %v33, <8 x float> poison, <8 x i32> zeroinitializer
  %v35 = load <8 x float>, ptr %s4, align 64
  %v36 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v34, <8 x float> %v15, <8 x float> %v35)
  store <8 x float> %v36, ptr %s4, align 64
  %v37 = load <8 x float>, ptr %s5, align 64
  %v38 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v34, <8 x float> %v17, <8 x float> %v37)
  store <8 x float> %v38, ptr %s5, align 64
  %v39 = load <8 x float>, ptr %s6, align 64
  %v40 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v34, <8 x float> %v19, <8 x float> %v39)
  store <8 x float> %v40, ptr %s6, align 64
  %v41 = add i64 %v10, 1
  store i64 %v41, ptr %s9, align 8
  br label %loop8.head
loop8.end:
  store i64 %v7, ptr %s43, align 8
  br label %loop42.head
loop42.head:
  %v44 = load i64, ptr %s43, align 8
  %v45 = icmp slt i64 %v44, %depth
  br i1 %v45, label %loop42.body, label %loop42.end
loop42.body:
  %v46 = mul i64 %v44, 96
  %v47 = getelementptr i8, ptr %weights, i64 %v46
  %v48 = load <8 x float>, ptr %v47, align 64
  %v49 = getelementptr i8, ptr %v47, i64 32
  %v50 = load <8 x float>, ptr %v49, align 64
  %v51 = getelementptr i8, ptr %v47, i64 64
  %v52 = load <8 x float>, ptr %v51, align 64
  %v53 = mul i64 %v44, 4
  %v54 = getelementptr i8, ptr %left, i64 %v53
  %v55 = load float, ptr %v54, align 4
  %v56 = insertelement <8 x float> poison, float %v55, i64 0
  %v57 = shufflevector <8 x float> %v56, <8 x float> poison, <8 x i32> zeroinitializer
  %v58 = load <8 x float>, ptr %s1, align 64
  %v59 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v48, <8 x float> %v58)
  store <8 x float> %v59, ptr %s1, align 64
  %v60 = load <8 x float>, ptr %s2, align 64
  %v61 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v50, <8 x float> %v60)
  store <8 x float> %v61, ptr %s2, align 64
  %v62 = load <8 x float>, ptr %s3, align 64
  %v63 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v52, <8 x float> %v62)
  store <8 x float> %v63, ptr %s3, align 64
  %v64 = getelementptr i8, ptr %v54, i64 128
  %v65 = load float, ptr %v64, align 4
  %v66 = insertelement <8 x float> poison, float %v65, i64 0
  %v67 = shufflevector <8 x float> %v66, <8 x float> poison, <8 x i32> zeroinitializer
  %v68 = load <8 x float>, ptr %s4, align 64
  %v69 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v67, <8 x float> %v48, <8 x float> %v68)
  store <8 x float> %v69, ptr %s4, align 64
  %v70 = load <8 x float>, ptr %s5, align 64
  %v71 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v67, <8 x float> %v50, <8 x float> %v70)
  store <8 x float> %v71, ptr %s5, align 64
  %v72 = load <8 x float>, ptr %s6, align 64
  %v73 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v67, <8 x float> %v52, <8 x float> %v72)
  store <8 x float> %v73, ptr %s6, align 64
  %v74 = add i64 %v44, 1
  store i64 %v74, ptr %s43, align 8
  br label %loop42.head
loop42.end:
  br i1 %begins, label %if75.then, label %if75.end
if75.then:
  %v76 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v76, ptr %place, align 64
  %v77 = getelementptr i8, ptr %place, i64 32
  %v78 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v78, ptr %v77, align 64
  %v79 = getelementptr i8, ptr %place, i64 64
  %v80 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v80, ptr %v79, align 64
  %v81 = getelementptr i8, ptr %place, i64 96
  %v82 = load <8 x float>, ptr %s4, align 64
  store <8 x float> %v82, ptr %v81, align 64
  %v83 = getelementptr i8, ptr %place, i64 128
  %v84 = load <8 x float>, ptr %s5, align 64
  store <8 x float> %v84, ptr %v83, align 64
  %v85 = getelementptr i8, ptr %place, i64 160
  %v86 = load <8 x float>, ptr %s6, align 64
  store <8 x float> %v86, ptr %v85, align 64
  br label %if75.end
if75.end:
  %v87 = xor i1 %begins, true
  br i1 %v87, label %if88.then, label %if88.end
if88.then:
  %v89 = load <8 x float>, ptr %s1, align 64
  %v90 = load <8 x float>, ptr %place, align 64
  %v91 = fadd <8 x float> %v89, %v90
  store <8 x float> %v91, ptr %place, align 64
  %v92 = getelementptr i8, ptr %place, i64 32
  %v93 = load <8 x float>, ptr %s2, align 64
  %v94 = load <8 x float>, ptr %v92, align 64
  %v95 = fadd <8 x float> %v93, %v94
  store <8 x float> %v95, ptr %v92, align 64
  %v96 = getelementptr i8, ptr %place, i64 64
  %v97 = load <8 x float>, ptr %s3, align 64
  %v98 = load <8 x float>, ptr %v96, align 64
  %v99 = fadd <8 x float> %v97, %v98
  store <8 x float> %v99, ptr %v96, align 64
  %v100 = getelementptr i8, ptr %place, i64 96
  %v101 = load <8 x float>, ptr %s4, align 64
  %v102 = load <8 x float>, ptr %v100, align 64
  %v103 = fadd <8 x float> %v101, %v102
  store <8 x float> %v103, ptr %v100, align 64
  %v104 = getelementptr i8, ptr %place, i64 128
  %v105 = load <8 x float>, ptr %s5, align 64
  %v106 = load <8 x float>, ptr %v104, align 64
  %v107 = fadd <8 x float> %v105, %v106
  store <8 x float> %v107, ptr %v104, align 64
  %v108 = getelementptr i8, ptr %place, i64 160
  %v109 = load <8 x float>, ptr %s6, align 64
  %v110 = load <8 x float>, ptr %v108, align 64
  %v111 = fadd <8 x float> %v109, %v110
  store <8 x float> %v111, ptr %v108, align 64
  br label %if88.end
if88.end:
  ret void
}

define internal void @phase0.width20.product3x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s4 = alloca <8 x float>, i64 1, align 64
  %s5 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca <8 x float>, i64 1, align 64
  %s7 = alloca <8 x float>, i64 1, align 64
  %s8 = alloca <8 x float>, i64 1, align 64
  %s9 = alloca <8 x float>, i64 1, align 64
  %s12 = alloca i64, i64 1, align 64
  %s56 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s4, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s5, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s6, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s7, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s8, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s9, align 8
  %v10 = and i64 %depth, -1
  store i64 0, ptr %s12, align 8
  br label %loop11.head
loop11.head:
  %v13 = load i64, ptr %s12, align 8
  %v14 = icmp slt i64 %v13, %v10
  br i1 %v14, label %loop11.body, label %loop11.end
loop11.body:
  %v15 = add i64 %v13, 0
  %v16 = mul i64 %v15, 96
  %v17 = getelementptr i8, ptr %weights, i64 %v16
  %v18 = load <8 x float>, ptr %v17, align 64
  %v19 = getelementptr i8, ptr %v17, i64 32
  %v20 = load <8 x float>, ptr %v19, align 64
  %v21 = getelementptr i8, ptr %v17, i64 64
  %v22 = load <8 x float>, ptr %v21, align 64
  %v23 = mul i64 %v15, 4
  %v24 = getelementptr i8, ptr %left, i64 %v23
  %v25 = load float, ptr %v24, align 4
  %v26 = insertelement <8 x float> poison, float %v25, i64 0
  %v27 = shufflevector <8 x float> %v26, <8 x float> poison, <8 x i32> zeroinitializer
  %v28 = load <8 x float>, ptr %s1, align 64
  %v29 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v27, <8 x float> %v18, <8 x float> %v28)
  store <8 x float> %v29, ptr %s1, align 64
  %v30 = load <8 x float>, ptr %s2, align 64
  %v31 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v27, <8 x float> %v20, <8 x float> %v30)
  store <8 x float> %v31, ptr %s2, align 64
  %v32 = load <8 x float>, ptr %s3, align 64
  %v33 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v27, <8 x float> %v22, <8 x float> %v32)
  store <8 x float> %v33, ptr %s3, align 64
  %v34 = getelementptr i8, ptr %v24, i64 128
  %v35 = load float, ptr %v34, align 4
  %v36 = insertelement <8 x float> poison, float %v35, i64 0
  %v37 = shufflevector <8 x float> %v36, <8 x float> poison, <8 x i32> zeroinitializer
  %v38 = load <8 x float>, ptr %s4, align 64
  %v39 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v37, <8 x float> %v18, <8 x float> %v38)
  store <8 x float> %v39, ptr %s4, align 64
  %v40 = load <8 x float>, ptr %s5, align 64
  %v41 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v37, <8 x float> %v20, <8 x float> %v40)
  store <8 x float> %v41, ptr %s5, align 64
  %v42 = load <8 x float>, ptr %s6, align 64
  %v43 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v37, <8 x float> %v22, <8 x float> %v42)
  store <8 x float> %v43, ptr %s6, align 64
  %v44 = getelementptr i8, ptr %v24, i64 256
  %v45 = load float, ptr %v44, align 4
  %v46 = insertelement <8 x float> poison, float %v45, i64 0
  %v47 = shufflevector <8 x float> %v46, <8 x float> poison, <8 x i32> zeroinitializer
  %v48 = load <8 x float>, ptr %s7, align 64
  %v49 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v18, <8 x float> %v48)
  store <8 x float> %v49, ptr %s7, align 64
  %v50 = load <8 x float>, ptr %s8, align 64
  %v51 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v20, <8 x float> %v50)
  store <8 x float> %v51, ptr %s8, align 64
  %v52 = load <8 x float>, ptr %s9, align 64
  %v53 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v47, <8 x float> %v22, <8 x float> %v52)
  store <8 x float> %v53, ptr %s9, align 64
  %v54 = add i64 %v13, 1
  store i64 %v54, ptr %s12, align 8
  br label %loop11.head
loop11.end:
  store i64 %v10, ptr %s56, align 8
  br label %loop55.head
loop55.head:
  %v57 = load i64, ptr %s56, align 8
  %v58 = icmp slt i64 %v57, %depth
  br i1 %v58, label %loop55.body, label %loop55.end
loop55.body:
  %v59 = mul i64 %v57, 96
  %v60 = getelementptr i8, ptr %weights, i64 %v59
  %v61 = load <8 x float>, ptr %v60, align 64
  %v62 = getelementptr i8, ptr %v60, i64 32
  %v63 = load <8 x float>, ptr %v62, align 64
  %v64 = getelementptr i8, ptr %v60, i64 64
  %v65 = load <8 x float>, ptr %v64, align 64
  %v66 = mul i64 %v57, 4
  %v67 = getelementptr i8, ptr %left, i64 %v66
  %v68 = load float, ptr %v67, align 4
  %v69 = insertelement <8 x float> poison, float %v68, i64 0
  %v70 = shufflevector <8 x float> %v69, <8 x float> poison, <8 x i32> zeroinitializer
  %v71 = load <8 x float>, ptr %s1, align 64
  %v72 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v70, <8 x float> %v61, <8 x float> %v71)
  store <8 x float> %v72, ptr %s1, align 64
  %v73 = load <8 x float>, ptr %s2, align 64
  %v74 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v70, <8 x float> %v63, <8 x float> %v73)
  store <8 x float> %v74, ptr %s2, align 64
  %v75 = load <8 x float>, ptr %s3, align 64
  %v76 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v70, <8 x float> %v65, <8 x float> %v75)
  store <8 x float> %v76, ptr %s3, align 64
  %v77 = getelementptr i8, ptr %v67, i64 128
  %v78 = load float, ptr %v77, align 4
  %v79 = insertelement <8 x float> poison, float %v78, i64 0
  %v80 = shufflevector <8 x float> %v79, <8 x float> poison, <8 x i32> zeroinitializer
  %v81 = load <8 x float>, ptr %s4, align 64
  %v82 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v80, <8 x float> %v61, <8 x float> %v81)
  store <8 x float> %v82, ptr %s4, align 64
  %v83 = load <8 x float>, ptr %s5, align 64
  %v84 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v80, <8 x float> %v63, <8 x float> %v83)
  store <8 x float> %v84, ptr %s5, align 64
  %v85 = load <8 x float>, ptr %s6, align 64
  %v86 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v80, <8 x float> %v65, <8 x float> %v85)
  store <8 x float> %v86, ptr %s6, align 64
  %v87 = getelementptr i8, ptr %v67, i64 256
  %v88 = load float, ptr %v87, align 4
  %v89 = insertelement <8 x float> poison, float %v88, i64 0
  %v90 = shufflevector <8 x float> %v89, <8 x float> poison, <8 x i32> zeroinitializer
  %v91 = load <8 x float>, ptr %s7, align 64
  %v92 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v90, <8 x float> %v61, <8 x float> %v91)
  store <8 x float> %v92, ptr %s7, align 64
  %v93 = load <8 x float>, ptr %s8, align 64
  %v94 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v90, <8 x float> %v63, <8 x float> %v93)
  store <8 x float> %v94, ptr %s8, align 64
  %v95 = load <8 x float>, ptr %s9, align 64
  %v96 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v90, <8 x float> %v65, <8 x float> %v95)
  store <8 x float> %v96, ptr %s9, align 64
  %v97 = add i64 %v57, 1
  store i64 %v97, ptr %s56, align 8
  br label %loop55.head
loop55.end:
  br i1 %begins, label %if98.then, label %if98.end
if98.then:
  %v99 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v99, ptr %place, align 64
  %v100 = getelementptr i8, ptr %place, i64 32
  %v101 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v101, ptr %v100, align 64
  %v102 = getelementptr i8, ptr %place, i64 64
  %v103 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v103, ptr %v102, align 64
  %v104 = getelementptr i8, ptr %place, i64 96
  %v105 = load <8 x float>, ptr %s4, align 64
  store <8 x float> %v105, ptr %v104, align 64
  %v106 = getelementptr i8, ptr %place, i64 128
  %v107 = load <8 x float>, ptr %s5, align 64
  store <8 x float> %v107, ptr %v106, align 64
  %v108 = getelementptr i8, ptr %place, i64 160
  %v109 = load <8 x float>, ptr %s6, align 64
  store <8 x float> %v109, ptr %v108, align 64
  %v110 = getelementptr i8, ptr %place, i64 192
  %v111 = load <8 x float>, ptr %s7, align 64
  store <8 x float> %v111, ptr %v110, align 64
  %v112 = getelementptr i8, ptr %place, i64 224
  %v113 = load <8 x float>, ptr %s8, align 64
  store <8 x float> %v113, ptr %v112, align 64
  %v114 = getelementptr i8, ptr %place, i64 256
  %v115 = load <8 x float>, ptr %s9, align 64
  store <8 x float> %v115, ptr %v114, align 64
  br label %if98.end
if98.end:
  %v116 = xor i1 %begins, true
  br i1 %v116, label %if117.then, label %if117.end
if117.then:
  %v118 = load <8 x float>, ptr %s1, align 64
  %v119 = load <8 x float>, ptr %place, align 64
  %v120 = fadd <8 x float> %v118, %v119
  store <8 x float> %v120, ptr %place, align 64
  %v121 = getelementptr i8, ptr %place, i64 32
  %v122 = load <8 x float>, ptr %s2, align 64
  %v123 = load <8 x float>, ptr %v121, align 64
  %v124 = fadd <8 x float> %v122, %v123
  store <8 x float> %v124, ptr %v121, align 64
  %v125 = getelementptr i8, ptr %place, i64 64
  %v126 = load <8 x float>, ptr %s3, align 64
  %v127 = load <8 x float>, ptr %v125, align 64
  %v128 = fadd <8 x float> %v126, %v127
  store <8 x float> %v128, ptr %v125, align 64
  %v129 = getelementptr i8, ptr %place, i64 96
  %v130 = load <8 x float>, ptr %s4, align 64
  %v131 = load <8 x float>, ptr %v129, align 64
  %v132 = fadd <8 x float> %v130, %v131
  store <8 x float> %v132, ptr %v129, align 64
  %v133 = getelementptr i8, ptr %place, i64 128
  %v134 = load <8 x float>, ptr %s5, align 64
  %v135 = load <8 x float>, ptr %v133, align 64
  %v136 = fadd <8 x float> %v134, %v135
  store <8 x float> %v136, ptr %v133, align 64
  %v137 = getelementptr i8, ptr %place, i64 160
  %v138 = load <8 x float>, ptr %s6, align 64
  %v139 = load <8 x float>, ptr %v137, align 64
  %v140 = fadd <8 x float> %v138, %v139
  store <8 x float> %v140, ptr %v137, align 64
  %v141 = getelementptr i8, ptr %place, i64 192
  %v142 = load <8 x float>, ptr %s7, align 64
  %v143 = load <8 x float>, ptr %v141, align 64
  %v144 = fadd <8 x float> %v142, %v143
  store <8 x float> %v144, ptr %v141, align 64
  %v145 = getelementptr i8, ptr %place, i64 224
  %v146 = load <8 x float>, ptr %s8, align 64
  %v147 = load <8 x float>, ptr %v145, align 64
  %v148 = fadd <8 x float> %v146, %v147
  store <8 x float> %v148, ptr %v145, align 64
  %v149 = getelementptr i8, ptr %place, i64 256
  %v150 = load <8 x float>, ptr %s9, align 64
  %v151 = load <8 x float>, ptr %v149, align 64
  %v152 = fadd <8 x float> %v150, %v151
  store <8 x float> %v152, ptr %v149, align 64
  br label %if117.end
if117.end:
  ret void
}

define internal void @phase0.width20.product4x3.128(ptr %weights, ptr %place, ptr %left, i64 %depth, i1 %begins) #0 {
entry:
  %s1 = alloca <8 x float>, i64 1, align 64
  %s2 = alloca <8 x float>, i64 1, align 64
  %s3 = alloca <8 x float>, i64 1, align 64
  %s4 = alloca <8 x float>, i64 1, align 64
  %s5 = alloca <8 x float>, i64 1, align 64
  %s6 = alloca <8 x float>, i64 1, align 64
  %s7 = alloca <8 x float>, i64 1, align 64
  %s8 = alloca <8 x float>, i64 1, align 64
  %s9 = alloca <8 x float>, i64 1, align 64
  %s10 = alloca <8 x float>, i64 1, align 64
  %s11 = alloca <8 x float>, i64 1, align 64
  %s12 = alloca <8 x float>, i64 1, align 64
  %s15 = alloca i64, i64 1, align 64
  %s69 = alloca i64, i64 1, align 64
  store <8 x float> splat (float 0x0000000000000000), ptr %s1, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s2, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s3, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s4, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s5, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s6, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s7, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s8, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s9, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s10, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s11, align 8
  store <8 x float> splat (float 0x0000000000000000), ptr %s12, align 8
  %v13 = and i64 %depth, -1
  store i64 0, ptr %s15, align 8
  br label %loop14.head
loop14.head:
  %v16 = load i64, ptr %s15, align 8
  %v17 = icmp slt i64 %v16, %v13
  br i1 %v17, label %loop14.body, label %loop14.end
loop14.body:
  %v18 = add i64 %v16, 0
  %v19 = mul i64 %v18, 96
  %v20 = getelementptr i8, ptr %weights, i64 %v19
  %v21 = load <8 x float>, ptr %v20, align 64
  %v22 = getelementptr i8, ptr %v20, i64 32
  %v23 = load <8 x float>, ptr %v22, align 64
  %v24 = getelementptr i8, ptr %v20, i64 64
  %v25 = load <8 x float>, ptr %v24, align 64
  %v26 = mul i64 %v18, 4
  %v27 = getelementptr i8, ptr %left, i64 %v26
  %v28 = load float, ptr %v27, align 4
  %v29 = insertelement <8 x float> poison, float %v28, i64 0
  %v30 = shufflevector <8 x float> %v29, <8 x float> poison, <8 x i32> zeroinitializer
  %v31 = load <8 x float>, ptr %s1, align 64
  %v32 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v30, <8 x float> %v21, <8 x float> %v31)
  store <8 x float> %v32, ptr %s1, align 64
  %v33 = load <8 x float>, ptr %s2, align 64
  %v34 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v30, <8 x float> %v23, <8 x float> %v33)
  store <8 x float> %v34, ptr %s2, align 64
  %v35 = load <8 x float>, ptr %s3, align 64
  %v36 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v30, <8 x float> %v25, <8 x float> %v35)
  store <8 x float> %v36, ptr %s3, align 64
  %v37 = getelementptr i8, ptr %v27, i64 128
  %v38 = load float, ptr %v37, align 4
  %v39 = insertelement <8 x float> poison, float %v38, i64 0
  %v40 = shufflevector <8 x float> %v39, <8 x float> poison, <8 x i32> zeroinitializer
  %v41 = load <8 x float>, ptr %s4, align 64
  %v42 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v21, <8 x float> %v41)
  store <8 x float> %v42, ptr %s4, align 64
  %v43 = load <8 x float>, ptr %s5, align 64
  %v44 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v23, <8 x float> %v43)
  store <8 x float> %v44, ptr %s5, align 64
  %v45 = load <8 x float>, ptr %s6, align 64
  %v46 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v40, <8 x float> %v25, <8 x float> %v45)
  store <8 x float> %v46, ptr %s6, align 64
  %v47 = getelementptr i8, ptr %v27, i64 256
  %v48 = load float, ptr %v47, align 4
  %v49 = insertelement <8 x float> poison, float %v48, i64 0
  %v50 = shufflevector <8 x float> %v49, <8 x float> poison, <8 x i32> zeroinitializer
  %v51 = load <8 x float>, ptr %s7, align 64
  %v52 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v50, <8 x float> %v21, <8 x float> %v51)
  store <8 x float> %v52, ptr %s7, align 64
  %v53 = load <8 x float>, ptr %s8, align 64
  %v54 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v50, <8 x float> %v23, <8 x float> %v53)
  store <8 x float> %v54, ptr %s8, align 64
  %v55 = load <8 x float>, ptr %s9, align 64
  %v56 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v50, <8 x float> %v25, <8 x float> %v55)
  store <8 x float> %v56, ptr %s9, align 64
  %v57 = getelementptr i8, ptr %v27, i64 384
  %v58 = load float, ptr %v57, align 4
  %v59 = insertelement <8 x float> poison, float %v58, i64 0
  %v60 = shufflevector <8 x float> %v59, <8 x float> poison, <8 x i32> zeroinitializer
  %v61 = load <8 x float>, ptr %s10, align 64
  %v62 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v21, <8 x float> %v61)
  store <8 x float> %v62, ptr %s10, align 64
  %v63 = load <8 x float>, ptr %s11, align 64
  %v64 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v23, <8 x float> %v63)
  store <8 x float> %v64, ptr %s11, align 64
  %v65 = load <8 x float>, ptr %s12, align 64
  %v66 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> %v25, <8 x float> %v65)
  store <8 x float> %v66, ptr %s12, align 64
  %v67 = add i64 %v16, 1
  store i64 %v67, ptr %s15, align 8
  br label %loop14.head
loop14.end:
  store i64 %v13, ptr %s69, align 8
  br label %loop68.head
loop68.head:
  %v70 = load i64, ptr %s69, align 8
  %v71 = icmp slt i64 %v70, %depth
  br i1 %v71, label %loop68.body, label %loop68.end
loop68.body:
  %v72 = mul i64 %v70, 96
  %v73 = getelementptr i8, ptr %weights, i64 %v72
  %v74 = load <8 x float>, ptr %v73, align 64
  %v75 = getelementptr i8, ptr %v73, i64 32
  %v76 = load <8 x float>, ptr %v75, align 64
  %v77 = getelementptr i8, ptr %v73, i64 64
  %v78 = load <8 x float>, ptr %v77, align 64
  %v79 = mul i64 %v70, 4
  %v80 = getelementptr i8, ptr %left, i64 %v79
  %v81 = load float, ptr %v80, align 4
  %v82 = insertelement <8 x float> poison, float %v81, i64 0
  %v83 = shufflevector <8 x float> %v82, <8 x float> poison, <8 x i32> zeroinitializer
  %v84 = load <8 x float>, ptr %s1, align 64
  %v85 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v74, <8 x float> %v84)
  store <8 x float> %v85, ptr %s1, align 64
  %v86 = load <8 x float>, ptr %s2, align 64
  %v87 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v76, <8 x float> %v86)
  store <8 x float> %v87, ptr %s2, align 64
  %v88 = load <8 x float>, ptr %s3, align 64
  %v89 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v83, <8 x float> %v78, <8 x float> %v88)
  store <8 x float> %v89, ptr %s3, align 64
  %v90 = getelementptr i8, ptr %v80, i64 128
  %v91 = load float, ptr %v90, align 4
  %v92 = insertelement <8 x float> poison, float %v91, i64 0
  %v93 = shufflevector <8 x float> %v92, <8 x float> poison, <8 x i32> zeroinitializer
  %v94 = load <8 x float>, ptr %s4, align 64
  %v95 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v93, <8 x float> %v74, <8 x float> %v94)
  store <8 x float> %v95, ptr %s4, align 64
  %v96 = load <8 x float>, ptr %s5, align 64
  %v97 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v93, <8 x float> %v76, <8 x float> %v96)
  store <8 x float> %v97, ptr %s5, align 64
  %v98 = load <8 x float>, ptr %s6, align 64
  %v99 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v93, <8 x float> %v78, <8 x float> %v98)
  store <8 x float> %v99, ptr %s6, align 64
  %v100 = getelementptr i8, ptr %v80, i64 256
  %v101 = load float, ptr %v100, align 4
  %v102 = insertelement <8 x float> poison, float %v101, i64 0
  %v103 = shufflevector <8 x float> %v102, <8 x float> poison, <8 x i32> zeroinitializer
  %v104 = load <8 x float>, ptr %s7, align 64
  %v105 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v103, <8 x float> %v74, <8 x float> %v104)
  store <8 x float> %v105, ptr %s7, align 64
  %v106 = load <8 x float>, ptr %s8, align 64
  %v107 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v103, <8 x float> %v76, <8 x float> %v106)
  store <8 x float> %v107, ptr %s8, align 64
  %v108 = load <8 x float>, ptr %s9, align 64
  %v109 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v103, <8 x float> %v78, <8 x float> %v108)
  store <8 x float> %v109, ptr %s9, align 64
  %v110 = getelementptr i8, ptr %v80, i64 384
  %v111 = load float, ptr %v110, align 4
  %v112 = insertelement <8 x float> poison, float %v111, i64 0
  %v113 = shufflevector <8 x float> %v112, <8 x float> poison, <8 x i32> zeroinitializer
  %v114 = load <8 x float>, ptr %s10, align 64
  %v115 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v113, <8 x float> %v74, <8 x float> %v114)
  store <8 x float> %v115, ptr %s10, align 64
  %v116 = load <8 x float>, ptr %s11, align 64
  %v117 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v113, <8 x float> %v76, <8 x float> %v116)
  store <8 x float> %v117, ptr %s11, align 64
  %v118 = load <8 x float>, ptr %s12, align 64
  %v119 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v113, <8 x float> %v78, <8 x float> %v118)
  store <8 x float> %v119, ptr %s12, align 64
  %v120 = add i64 %v70, 1
  store i64 %v120, ptr %s69, align 8
  br label %loop68.head
loop68.end:
  br i1 %begins, label %if121.then, label %if121.end
if121.then:
  %v122 = load <8 x float>, ptr %s1, align 64
  store <8 x float> %v122, ptr %place, align 64
  %v123 = getelementptr i8, ptr %place, i64 32
  %v124 = load <8 x float>, ptr %s2, align 64
  store <8 x float> %v124, ptr %v123, align 64
  %v125 = getelementptr i8, ptr %place, i64 64
  %v126 = load <8 x float>, ptr %s3, align 64
  store <8 x float> %v126, ptr %v125, align 64
  %v127 = getelementptr i8, ptr %place, i64 96
  %v128 = load <8 x float>, ptr %s4, align 64
  store <8 x float> %v128, ptr %v127, align 64
  %v129 = getelementptr i8, ptr %place, i64 128
  %v130 = load <8 x float>, ptr %s5, align 64
  store <8 x float> %v130, ptr %v129, align 64
  %v131 = getelementptr i8, ptr %place, i64 160
  %v132 = load <8 x float>, ptr %s6, align 64
  store <8 x float> %v132, ptr %v131, align 64
  %v133 = getelementptr i8, ptr %place, i64 192
  %v134 = load <8 x float>, ptr %s7, align 64
  store <8 x float> %v134, ptr %v133, align 64
  %v135 = getelementptr i8, ptr %place, i64 224
  %v136 = load <8 x float>, ptr %s8, align 64
  store <8 x float> %v136, ptr %v135, align 64
  %v137 = getelementptr i8, ptr %place, i64 256
  %v138 = load <8 x float>, ptr %s9, align 64
  store <8 x float> %v138, ptr %v137, align 64
  %v139 = getelementptr i8, ptr %place, i64 288
  %v140 = load <8 x float>, ptr %s10, align 64
  store <8 x float> %v140, ptr %v139, align 64
  %v141 = getelementptr i8, ptr %place, i64 320
  %v142 = load <8 x float>, ptr %s11, align 64
  store <8 x float> %v142, ptr %v141, align 64
  %v143 = getelementptr i8, ptr %place, i64 352
  %v144 = load <8 x float>, ptr %s12, align 64
  store <8 x float> %v144, ptr %v143, align 64
  br label %if121.end
if121.end:
  %v145 = xor i1 %begins, true
  br i1 %v145, label %if146.then, label %if146.end
if146.then:
  %v147 = load <8 x float>, ptr %s1, align 64
  %v148 = load <8 x float>, ptr %place, align 64
  %v149 = fadd <8 x float> %v147, %v148
  store <8 x float> %v149, ptr %place, align 64
  %v150 = getelementptr i8, ptr %place, i64 32
  %v151 = load <8 x float>, ptr %s2, align 64
  %v152 = load <8 x float>, ptr %v150, align 64
  %v153 = fadd <8 x float> %v151, %v152
  store <8 x float> %v153, ptr %v150, align 64
  %v154 = getelementptr i8, ptr %place, i64 64
  %v155 = load <8 x float>, ptr %s3, align 64
  %v156 = load <8 x float>, ptr %v154, align 64
  %v157 = fadd <8 x float> %v155, %v156
  store <8 x float> %v157, ptr %v154, align 64
  %v158 = getelementptr i8, ptr %place, i64 96
  %v159 = load <8 x float>, ptr %s4, align 64
  %v160 = load <8 x float>, ptr %v158, align 64
  %v161 = fadd <8 x float> %v159, %v160
  store <8 x float> %v161, ptr %v158, align 64
  %v162 = getelementptr i8, ptr %place, i64 128
  %v163 = load <8 x float>, ptr %s5, align 64
  %v164 = load <8 x float>, ptr %v162, align 64
  %v165 = fadd <8 x float> %v163, %v164
  store <8 x float> %v165, ptr %v162, align 64
  %v166 = getelementptr i8, ptr %place, i64 160
  %v167 = load <8 x float>, ptr %s6, align 64
  %v168 = load <8 x float>, ptr %v166, align 64
  %v169 = fadd <8 x float> %v167, %v168
  store <8 x float> %v169, ptr %v166, align 64
  %v170 = getelementptr i8, ptr %place, i64 192
  %v171 = load <8 x float>, ptr %s7, align 64
  %v172 = load <8 x float>, ptr %v170, align 64
  %v173 = fadd <8 x float> %v171, %v172
  store <8 x float> %v173, ptr %v170, align 64
  %v174 = getelementptr i8, ptr %place, i64 224
  %v175 = load <8 x float>, ptr %s8, align 64
  %v176 = load <8 x float>, ptr %v174, align 64
  %v177 = fadd <8 x float> %v175, %v176
  store <8 x float> %v177, ptr %v174, align 64
  %v178 = getelementptr i8, ptr %place, i64 256
  %v179 = load <8 x float>, ptr %s9, align 64
  %v180 = load <8 x float>, ptr %v178, align 64
  %v181 = fadd <8 x float> %v179, %v180
  store <8 x float> %v181, ptr %v178, align 64
  %v182 = getelementptr i8, ptr %place, i64 288
  %v183 = load <8 x float>, ptr %s10, align 64
  %v184 = load <8 x float>, ptr %v182, align 64
  %v185 = fadd <8 x float> %v183, %v184
  store <8 x float> %v185, ptr %v182, align 64
  %v186 = getelementptr i8, ptr %place, i64 320
  %v187 = load <8 x float>, ptr %s11, align 64
  %v188 = load <8 x float>, ptr %v186, align 64
  %v189 = fadd <8 x float> %v187, %v188
  store <8 x float> %v189, ptr %v186, align 64
  %v190 = getelementptr i8, ptr %place, i64 352
  %v191 = load <8 x float>, ptr %s12, align 64
  %v192 = load <8 x float>, ptr %v190, align 64
  %v193 = fadd <8 x float> %v191, %v192
  store <8 x float> %v193, ptr %v190, align 64
  br label %if146.end
if146.end:
  ret void
}

define internal void @phase0.width20(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s1 = alloca <8 x float>, i64 12, align 64
  %s8 = alloca i64, i64 1, align 64
  %s10 = alloca i64, i64 1, align 64
  %s14 = alloca i64, i64 1, align 64
  %s30 = alloca i64, i64 1, align 64
  %s52 = alloca i64, i64 1, align 64
  %s61 = alloca i64, i64 1, align 64
  %v2 = add i64 %n, 3
  %v3 = sdiv i64 %v2, 4
  %v4 = icmp slt i64 %v3, 1
  %v5 = select i1 %v4, i64 1, i64 %v3
  %v6 = sdiv i64 %n, %v5
  %v7 = srem i64 %n, %v5
  store i64 0, ptr %s10, align 8
  br label %loop9.head
loop9.head:
  %v11 = load i64, ptr %s10, align 8
  %v12 = icmp slt i64 %v11, 1
  br i1 %v12, label %loop9.body, label %loop9.end
loop9.body:
  store i64 0, ptr %s8, align 8
  store i64 0, ptr %s14, align 8
  br label %loop13.head
loop13.head:
  %v15 = load i64, ptr %s14, align 8
  %v16 = icmp slt i64 %v15, %v5
  br i1 %v16, label %loop13.body, label %loop13.end
loop13.body:
  %v17 = load i64, ptr %s8, align 8
  %v18 = icmp slt i64 %v15, %v7
  %v19 = zext i1 %v18 to i64
  %v20 = add i64 %v6, %v19
  %v21 = getelementptr i8, ptr %words, i64 168
  %v22 = load ptr, ptr %v21, align 8
  %v23 = mul i64 %v11, 1920
  %v24 = getelementptr i8, ptr %v22, i64 %v23
  %v25 = mul i64 %room, 0
  %v26 = getelementptr i8, ptr %now, i64 %v25
  %v27 = mul i64 %v17, 128
  %v28 = getelementptr i8, ptr %v26, i64 %v27
  store i64 0, ptr %s30, align 8
  br label %loop29.head
loop29.head:
  %v31 = load i64, ptr %s30, align 8
  %v32 = icmp slt i64 %v31, 20
  br i1 %v32, label %loop29.body, label %loop29.end
loop29.body:
  %v33 = sub i64 20, %v31
  %v34 = icmp slt i64 %v33, 256
  %v35 = select i1 %v34, i64 %v33, i64 256
  %v36 = icmp eq i64 %v31, 0
  %v37 = mul i64 %v31, 4
  %v38 = getelementptr i8, ptr %v28, i64 %v37
  %v39 = mul i64 %v31, 96
  %v40 = getelementptr i8, ptr %v24, i64 %v39
  %v41 = icmp eq i64 %v20, 1
  br i1 %v41, label %if42.then, label %if42.end
if42.then:
  call void @phase0.width20.product1x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if42.end
if42.end:
  %v43 = icmp eq i64 %v20, 2
  br i1 %v43, label %if44.then, label %if44.end
if44.then:
  call void @phase0.width20.product2x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if44.end
if44.end:
  %v45 = icmp eq i64 %v20, 3
  br i1 %v45, label %if46.then, label %if46.end
if46.then:
  call void @phase0.width20.product3x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if46.end
if46.end:
  %v47 = icmp eq i64 %v20, 4
  br i1 %v47, label %if48.then, label %if48.end
if48.then:
  call void @phase0.width20.product4x3.128(ptr %v40, ptr %s1, ptr %v38, i64 %v35, i1 %v36)
  br label %if48.end
if48.end:
  %v49 = add i64 %v31, 256
  store i64 %v49, ptr %s30, align 8
  br label %loop29.head
loop29.end:
  %v50 = getelementptr i8, ptr %v24, i64 1920
  store i64 0, ptr %s52, align 8
  br label %loop51.head
loop51.head:
  %v53 = load i64, ptr %s52, align 8
  %v54 = icmp slt i64 %v53, %v20
  br i1 %v54, label %loop51.body, label %loop51.end
loop51.body:
  %v55 = add i64 %v17, %v53
  %v56 = mul i64 %v53, 96
  %v57 = getelementptr i8, ptr %s1, i64 %v56
  %v58 = mul i64 %v11, 3
  %v59 = add i64 %v58, 0
  store i64 0, ptr %s61, align 8
  br label %loop60.head
loop60.head:
  %v62 = load i64, ptr %s61, align 8
  %v63 = icmp slt i64 %v62, 3
  br i1 %v63, label %loop60.body, label %loop60.end
loop60.body:
  %v64 = add i64 %v59, %v62
  %v65 = mul i64 %v62, 32
  %v66 = getelementptr i8, ptr %v57, i64 %v65
  %v67 = icmp eq i64 %v64, 2
  br i1 %v67, label %if68.then, label %if68.end
if68.then:
  %v69 = getelementptr i64, ptr %rows, i64 %v55
  %v70 = load i64, ptr %v69, align 8
  %v71 = mul i64 %v64, 8
  %v72 = mul i64 %v71, 4
  %v73 = sub i64 20, %v71
  %v74 = insertelement <8 x i64> poison, i64 %v73, i64 0
  %v75 = shufflevector <8 x i64> %v74, <8 x i64> poison, <8 x i32> zeroinitializer
  %v76 = icmp slt <8 x i64> <i64 0, i64 1, i64 2, i64 3, i64 4, i64 5, i64 6, i64 7>, %v75
  %v77 = getelementptr i8, ptr %words, i64 112
  %v78 = load i64, ptr %v77, align 8
  %v79 = mul i64 %t, %v78
  %v80 = getelementptr i8, ptr %words, i64 120
  %v81 = load i64, ptr %v80, align 8
  %v82 = mul i64 %v70, %v81
  %v83 = getelementptr i8, ptr %words, i64 104
  %v84 = load ptr, ptr %v83, align 8
  %v85 = add i64 %v79, %v82
  %v86 = getelementptr i8, ptr %v84, i64 %v85
  %v87 = getelementptr i8, ptr %v86, i64 %v72
  %v88 = call <8 x float> @llvm.masked.load.v8f32.p0(ptr %v87, i32 4, <8 x i1> %v76, <8 x float> splat (float 0x0000000000000000))
  %v89 = getelementptr i8, ptr %words, i64 152
  %v90 = load ptr, ptr %v89, align 8
  %v91 = getelementptr i8, ptr %v90, i64 %v72
  %v92 = call <8 x float> @llvm.masked.load.v8f32.p0(ptr %v91, i32 4, <8 x i1> %v76, <8 x float> splat (float 0x0000000000000000))
  %v93 = fadd contract <8 x float> %v88, %v92
  %v94 = load <8 x float>, ptr %v66, align 64
  %v95 = fadd contract <8 x float> %v93, %v94
  %v96 = call <8 x float> @llvm.fabs.v8f32(<8 x float> %v95)
  %v97 = fcmp ogt <8 x float> %v96, splat (float 0x4039000000000000)
  %v98 = select <8 x i1> %v97, <8 x float> splat (float 0x4039000000000000), <8 x float> %v96
  %v99 = fmul <8 x float> %v98, splat (float 0xC000000000000000)
  %v100 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v99, <8 x float> splat (float 0x3FF7154760000000), <8 x float> splat (float 0x4168000000000000))
  %v101 = fsub <8 x float> %v100, splat (float 0x4168000000000000)
  %v102 = bitcast <8 x float> %v100 to <8 x i32>
  %v103 = sub <8 x i32> %v102, splat (i32 1262485504)
  %v104 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> splat (float 0xBFE6300000000000), <8 x float> %v99)
  %v105 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v101, <8 x float> splat (float 0x3F2BD01060000000), <8 x float> %v104)
  %v106 = fmul <8 x float> %v105, %v105
  %v107 = call <8 x float> @llvm.fma.v8f32(<8 x float> splat (float 0x3F56D1B1C0000000), <8 x float> %v105, <8 x float> splat (float 0x3F81215820000000))
  %v108 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v107, <8 x float> %v105, <8 x float> splat (float 0x3FA5555140000000))
  %v109 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v108, <8 x float> %v105, <8 x float> splat (float 0x3FC5554D40000000))
  %v110 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v109, <8 x float> %v105, <8 x float> splat (float 0x3FE0000000000000))
  %v111 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v106, <8 x float> %v110, <8 x float> %v105)
  %v112 = add <8 x i32> %v103, splat (i32 127)
  %v113 = shl <8 x i32> %v112, splat (i32 23)
  %v114 = bitcast <8 x i32> %v113 to <8 x float>
  %v115 = fsub <8 x float> %v114, splat (float 0x3FF0000000000000)
  %v116 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v114, <8 x float> %v111, <8 x float> %v115)
  %v117 = fsub <8 x float> splat (float 0xC000000000000000), %v116
  %v118 = fdiv <8 x float> %v116, %v117
  %v119 = call <8 x float> @llvm.copysign.v8f32(<8 x float> %v118, <8 x float> %v95)
  %v120 = getelementptr i8, ptr %words, i64 24
  %v121 = load i64, ptr %v120, align 8
  %v122 = mul i64 %t, %v121
  %v123 = add i64 %v122, %v70
  %v124 = getelementptr i8, ptr %words, i64 144
  %v125 = load ptr, ptr %v124, align 8
  %v126 = mul i64 %v123, 80
  %v127 = getelementptr i8, ptr %v125, i64 %v126
  %v128 = getelementptr i8, ptr %v127, i64 %v72
  call void @llvm.masked.store.v8f32.p0(<8 x float> %v119, ptr %v128, i32 4, <8 x i1> %v76)
  %v129 = mul i64 %room, 0
  %v130 = getelementptr i8, ptr %after, i64 %v129
  %v131 = mul i64 %v55, 128
  %v132 = getelementptr i8, ptr %v130, i64 %v131
  %v133 = getelementptr i8, ptr %v132, i64 %v72
  store <8 x float> %v119, ptr %v133, align 4
  br label %if68.end
if68.end:
  %v134 = xor i1 %v67, true
  br i1 %v134, label %if135.then, label %if135.end
if135.then:
  %v136 = getelementptr i64, ptr %rows, i64 %v55
  %v137 = load i64, ptr %v136, align 8
  %v138 = mul i64 %v64, 8
  %v139 = mul i64 %v138, 4
  %v140 = getelementptr i8, ptr %words, i64 112
  %v141 = load i64, ptr %v140, align 8
  %v142 = mul i64 %t, %v141
  %v143 = getelementptr i8, ptr %words, i64 120
  %v144 = load i64, ptr %v143, align 8
  %v145 = mul i64 %v137, %v144
  %v146 = getelementptr i8, ptr %words, i64 104
  %v147 = load ptr, ptr %v146, align 8
  %v148 = add i64 %v142, %v145
  %v149 = getelementptr i8, ptr %v147, i64 %v148
  %v150 = getelementptr i8, ptr %v149, i64 %v139
  %v151 = load <8 x float>, ptr %v150, align 4
  %v152 = getelementptr i8, ptr %words, i64 152
  %v153 = load ptr, ptr %v152, align 8
  %v154 = getelementptr i8, ptr %v153, i64 %v139
  %v155 = load <8 x float>, ptr %v154, align 4
  %v156 = fadd contract <8 x float> %v151, %v155
  %v157 = load <8 x float>, ptr %v66, align 64
  %v158 = fadd contract <8 x float> %v156, %v157
  %v159 = call <8 x float> @llvm.fabs.v8f32(<8 x float> %v158)
  %v160 = fcmp ogt <8 x float> %v159, splat (float 0x4039000000000000)
  %v161 = select <8 x i1> %v160, <8 x float> splat (float 0x4039000000000000), <8 x float> %v159
  %v162 = fmul <8 x float> %v161, splat (float 0xC000000000000000)
  %v163 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v162, <8 x float> splat (float 0x3FF7154760000000), <8 x float> splat (float 0x4168000000000000))
  %v164 = fsub <8 x float> %v163, splat (float 0x4168000000000000)
  %v165 = bitcast <8 x float> %v163 to <8 x i32>
  %v166 = sub <8 x i32> %v165, splat (i32 1262485504)
  %v167 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v164, <8 x float> splat (float 0xBFE6300000000000), <8 x float> %v162)
  %v168 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v164, <8 x float> splat (float 0x3F2BD01060000000), <8 x float> %v167)
  %v169 = fmul <8 x float> %v168, %v168
  %v170 = call <8 x float> @llvm.fma.v8f32(<8 x float> splat (float 0x3F56D1B1C0000000), <8 x float> %v168, <8 x float> splat (float 0x3F81215820000000))
  %v171 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v170, <8 x float> %v168, <8 x float> splat (float 0x3FA5555140000000))
  %v172 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v171, <8 x float> %v168, <8 x float> splat (float 0x3FC5554D40000000))
  %v173 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v172, <8 x float> %v168, <8 x float> splat (float 0x3FE0000000000000))
  %v174 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v169, <8 x float> %v173, <8 x float> %v168)
  %v175 = add <8 x i32> %v166, splat (i32 127)
  %v176 = shl <8 x i32> %v175, splat (i32 23)
  %v177 = bitcast <8 x i32> %v176 to <8 x float>
  %v178 = fsub <8 x float> %v177, splat (float 0x3FF0000000000000)
  %v179 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v177, <8 x float> %v174, <8 x float> %v178)
  %v180 = fsub <8 x float> splat (float 0xC000000000000000), %v179
  %v181 = fdiv <8 x float> %v179, %v180
  %v182 = call <8 x float> @llvm.copysign.v8f32(<8 x float> %v181, <8 x float> %v158)
  %v183 = getelementptr i8, ptr %words, i64 24
  %v184 = load i64, ptr %v183, align 8
  %v185 = mul i64 %t, %v184
  %v186 = add i64 %v185, %v137
  %v187 = getelementptr i8, ptr %words, i64 144
  %v188 = load ptr, ptr %v187, align 8
  %v189 = mul i64 %v186, 80
  %v190 = getelementptr i8, ptr %v188, i64 %v189
  %v191 = getelementptr i8, ptr %v190, i64 %v139
  store <8 x float> %v182, ptr %v191, align 4
  %v192 = mul i64 %room, 0
  %v193 = getelementptr i8, ptr %after, i64 %v192
  %v194 = mul i64 %v55, 128
  %v195 = getelementptr i8, ptr %v193, i64 %v194
  %v196 = getelementptr i8, ptr %v195, i64 %v139
  store <8 x float> %v182, ptr %v196, align 4
  br label %if135.end
if135.end:
  %v197 = add i64 %v62, 1
  store i64 %v197, ptr %s61, align 8
  br label %loop60.head
loop60.end:
  %v198 = add i64 %v53, 1
  store i64 %v198, ptr %s52, align 8
  br label %loop51.head
loop51.end:
  %v199 = add i64 %v17, %v20
  store i64 %v199, ptr %s8, align 8
  %v200 = add i64 %v15, 1
  store i64 %v200, ptr %s14, align 8
  br label %loop13.head
loop13.end:
  %v201 = add i64 %v11, 1
  store i64 %v201, ptr %s10, align 8
  br label %loop9.head
loop9.end:
  ret void
}

define internal void @enter(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %v1 = getelementptr i64, ptr %rows, i64 %t
  %v2 = load i64, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 128
  %v4 = load ptr, ptr %v3, align 8
  %v5 = mul i64 %v2, 80
  %v6 = getelementptr i8, ptr %v4, i64 %v5
  %v7 = mul i64 %room, 0
  %v8 = getelementptr i8, ptr %now, i64 %v7
  %v9 = mul i64 %t, 128
  %v10 = getelementptr i8, ptr %v8, i64 %v9
  call void @llvm.memcpy.p0.p0.i64(ptr %v10, ptr %v6, i64 80, i1 false)
  ret void
}

define internal void @leave(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %v1 = getelementptr i64, ptr %rows, i64 %t
  %v2 = load i64, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 136
  %v4 = load ptr, ptr %v3, align 8
  %v5 = mul i64 %v2, 80
  %v6 = getelementptr i8, ptr %v4, i64 %v5
  %v7 = mul i64 %room, 0
  %v8 = getelementptr i8, ptr %now, i64 %v7
  %v9 = mul i64 %t, 128
  %v10 = getelementptr i8, ptr %v8, i64 %v9
  call void @llvm.memcpy.p0.p0.i64(ptr %v6, ptr %v10, i64 80, i1 false)
  ret void
}

define internal void @padding(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s2 = alloca i64, i64 1, align 64
  store i64 %n, ptr %s2, align 8
  br label %loop1.head
loop1.head:
  %v3 = load i64, ptr %s2, align 8
  %v4 = icmp slt i64 %v3, %room
  br i1 %v4, label %loop1.body, label %loop1.end
loop1.body:
  %v5 = getelementptr i64, ptr %rows, i64 %v3
  %v6 = load i64, ptr %v5, align 8
  %v7 = getelementptr i8, ptr %words, i64 24
  %v8 = load i64, ptr %v7, align 8
  %v9 = mul i64 %t, %v8
  %v10 = add i64 %v9, %v6
  %v11 = getelementptr i8, ptr %words, i64 144
  %v12 = load ptr, ptr %v11, align 8
  %v13 = mul i64 %v10, 80
  %v14 = getelementptr i8, ptr %v12, i64 %v13
  call void @llvm.memset.p0.i64(ptr %v14, i8 0, i64 80, i1 false)
  %v15 = add i64 %v3, 1
  store i64 %v15, ptr %s2, align 8
  br label %loop1.head
loop1.end:
  ret void
}

define internal void @reset.before(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s7 = alloca i64, i64 1, align 64
  %v1 = getelementptr i8, ptr %words, i64 56
  %v2 = load ptr, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 24
  %v4 = load i64, ptr %v3, align 8
  %v5 = mul i64 %t, %v4
  store i64 0, ptr %s7, align 8
  br label %loop6.head
loop6.head:
  %v8 = load i64, ptr %s7, align 8
  %v9 = icmp slt i64 %v8, %n
  br i1 %v9, label %loop6.body, label %loop6.end
loop6.body:
  %v10 = getelementptr i64, ptr %rows, i64 %v8
  %v11 = load i64, ptr %v10, align 8
  %v12 = add i64 %v5, %v11
  %v13 = getelementptr i8, ptr %v2, i64 %v12
  %v14 = load i8, ptr %v13, align 1
  %v15 = icmp ne i8 %v14, 0
  br i1 %v15, label %if16.then, label %if16.end
if16.then:
  %v17 = mul i64 %room, 0
  %v18 = getelementptr i8, ptr %now, i64 %v17
  %v19 = mul i64 %v8, 128
  %v20 = getelementptr i8, ptr %v18, i64 %v19
  call void @llvm.memset.p0.i64(ptr %v20, i8 0, i64 80, i1 false)
  br label %if16.end
if16.end:
  %v21 = add i64 %v8, 1
  store i64 %v21, ptr %s7, align 8
  br label %loop6.head
loop6.end:
  ret void
}

define internal void @reset.after(ptr %words, ptr %now, ptr %after, ptr %rest, ptr %rows, i64 %n, i64 %room, i64 %t) #0 {
entry:
  %s7 = alloca i64, i64 1, align 64
  %v1 = getelementptr i8, ptr %words, i64 56
  %v2 = load ptr, ptr %v1, align 8
  %v3 = getelementptr i8, ptr %words, i64 24
  %v4 = load i64, ptr %v3, align 8
  %v5 = mul i64 %t, %v4
  store i64 0, ptr %s7, align 8
  br label %loop6.head
loop6.head:
  %v8 = load i64, ptr %s7, align 8
  %v9 = icmp slt i64 %v8, %n
  br i1 %v9, label %loop6.body, label %loop6.end
loop6.body:
  %v10 = getelementptr i64, ptr %rows, i64 %v8
  %v11 = load i64, ptr %v10, align 8
  %v12 = add i64 %v5, %v11
  %v13 = getelementptr i8, ptr %v2, i64 %v12
  %v14 = load i8, ptr %v13, align 1
  %v15 = icmp ne i8 %v14, 0
  br i1 %v15, label %if16.then, label %if16.end
if16.then:
  %v17 = mul i64 %room, 0
  %v18 = getelementptr i8, ptr %after, i64 %v17
  %v19 = mul i64 %v8, 128
  %v20 = getelementptr i8, ptr %v18, i64 %v19
  call void @llvm.memset.p0.i64(ptr %v20, i8 0, i64 80, i1 false)
  br label %if16.end
if16.end:
  %v21 = add i64 %v8, 1
  store i64 %v21, ptr %s7, align 8
  br label %loop6.head
loop6.end:
  ret void
}

define internal void @slice(ptr %words, i64 %index) #0 {
entry:
  %s21 = alloca ptr, i64 1, align 64
  %s22 = alloca ptr, i64 1, align 64
  %s23 = alloca i64, i64 1, align 64
  %s49 = alloca i64, i64 1, align 64
  %s57 = alloca i64, i64 1, align 64
  %s117 = alloca i64, i64 1, align 64
  %s126 = alloca i64, i64 1, align 64
  %v1 = getelementptr i8, ptr %words, i64 80
  %v2 = load ptr, ptr %v1, align 8
  %v3 = getelementptr i64, ptr %v2, i64 %index
  %v4 = load i64, ptr %v3, align 8
  %v5 = add i64 %index, 1
  %v6 = getelementptr i64, ptr %v2, i64 %v5
  %v7 = load i64, ptr %v6, align 8
  %v8 = sub i64 %v7, %v4
  %v9 = getelementptr i8, ptr %words, i64 72
  %v10 = load ptr, ptr %v9, align 8
  %v11 = getelementptr i64, ptr %v10, i64 %v4
  %v12 = getelementptr i8, ptr %words, i64 88
  %v13 = load ptr, ptr %v12, align 8
  %v14 = getelementptr i8, ptr %words, i64 96
  %v15 = load i64, ptr %v14, align 8
  %v16 = mul i64 %index, %v15
  %v17 = getelementptr i8, ptr %v13, i64 %v16
  %v18 = mul i64 %v8, 128
  %v19 = getelementptr i8, ptr %v17, i64 %v18
  %v20 = getelementptr i8, ptr %v19, i64 %v18
  store ptr %v17, ptr %s21, align 8
  store ptr %v19, ptr %s22, align 8
  store i64 0, ptr %s23, align 8
  %v24 = getelementptr i8, ptr %words, i64 16
  %v25 = load i64, ptr %v24, align 8
  %v26 = getelementptr i8, ptr %words, i64 32
  %v27 = load i64, ptr %v26, align 8
  %v28 = getelementptr i8, ptr %words, i64 40
  %v29 = load i64, ptr %v28, align 8
  %v30 = getelementptr i8, ptr %words, i64 48
  %v31 = load i64, ptr %v30, align 8
  %v32 = icmp ne i64 %v31, 0
  %v33 = icmp sgt i64 %v29, 0
  %v34 = getelementptr i8, ptr %words, i64 56
  %v35 = load i64, ptr %v34, align 8
  %v36 = icmp ne i64 %v35, 0
  %v37 = getelementptr i8, ptr %words, i64 64
  %v38 = load i64, ptr %v37, align 8
  %v39 = icmp ne i64 %v38, 0
  %v40 = xor i1 %v39, true
  %v41 = and i1 %v36, %v40
  %v42 = and i1 %v36, %v39
  %v43 = xor i1 %v33, true
  %v44 = and i1 %v32, %v43
  %v45 = xor i1 %v44, true
  br i1 %v45, label %if46.then, label %if46.end
if46.then:
  %v47 = load i64, ptr %s23, align 8
  store i64 %v47, ptr %s49, align 8
  br label %loop48.head
loop48.head:
  %v50 = load i64, ptr %s49, align 8
  %v51 = icmp slt i64 %v50, %v8
  br i1 %v51, label %loop48.body, label %loop48.end
loop48.body:
  %v52 = load i64, ptr %s23, align 8
  %v53 = load ptr, ptr %s21, align 8
  %v54 = load ptr, ptr %s22, align 8
  call void @enter(ptr %words, ptr %v53, ptr %v54, ptr %v20, ptr %v11, i64 %v52, i64 %v8, i64 %v50)
  %v55 = add i64 %v50, 1
  store i64 %v55, ptr %s49, align 8
  br label %loop48.head
loop48.end:
  store i64 %v8, ptr %s23, align 8
  br label %if46.end
if46.end:
  store i64 0, ptr %s57, align 8
  br label %loop56.head
loop56.head:
  %v58 = load i64, ptr %s57, align 8
  %v59 = icmp slt i64 %v58, %v25
  br i1 %v59, label %loop56.body, label %loop56.end
loop56.body:
  %v60 = mul i64 %v58, %v29
  %v61 = add i64 %v27, %v60
  br i1 %v32, label %if62.then, label %if62.end
if62.then:
  br i1 %v33, label %if63.then, label %if63.end
if63.then:
  br label %again64.head
again64.head:
  %v65 = load i64, ptr %s23, align 8
  %v66 = icmp sle i64 %v65, 0
  br i1 %v66, label %again64.end, label %on67
on67:
  %v68 = sub i64 %v65, 1
  %v69 = getelementptr i64, ptr %v11, i64 %v68
  %v70 = load i64, ptr %v69, align 8
  %v71 = getelementptr i8, ptr %words, i64 48
  %v72 = load ptr, ptr %v71, align 8
  %v73 = getelementptr i64, ptr %v72, i64 %v70
  %v74 = load i64, ptr %v73, align 8
  %v75 = icmp sgt i64 %v74, %v61
  br i1 %v75, label %again64.end, label %on76
on76:
  %v77 = load i64, ptr %s23, align 8
  %v78 = load ptr, ptr %s21, align 8
  %v79 = load ptr, ptr %s22, align 8
  call void @leave(ptr %words, ptr %v78, ptr %v79, ptr %v20, ptr %v11, i64 %v77, i64 %v8, i64 %v68)
  store i64 %v68, ptr %s23, align 8
  br label %again64.head
again64.end:
  br label %if63.end
if63.end:
  br i1 %v44, label %if80.then, label %if80.end
if80.then:
  br label %again81.head
again81.head:
  %v82 = load i64, ptr %s23, align 8
  %v83 = icmp sge i64 %v82, %v8
  br i1 %v83, label %again81.end, label %on84
on84:
  %v85 = getelementptr i64, ptr %v11, i64 %v82
  %v86 = load i64, ptr %v85, align 8
  %v87 = getelementptr i8, ptr %words, i64 48
  %v88 = load ptr, ptr %v87, align 8
  %v89 = getelementptr i64, ptr %v88, i64 %v86
  %v90 = load i64, ptr %v89, align 8
  %v91 = icmp sle i64 %v90, %v61
  br i1 %v91, label %again81.end, label %on92
on92:
  %v93 = load i64, ptr %s23, align 8
  %v94 = load ptr, ptr %s21, align 8
  %v95 = load ptr, ptr %s22, align 8
  call void @enter(ptr %words, ptr %v94, ptr %v95, ptr %v20, ptr %v11, i64 %v93, i64 %v8, i64 %v82)
  %v96 = add i64 %v82, 1
  store i64 %v96, ptr %s23, align 8
  br label %again81.head
again81.end:
  br label %if80.end
if80.end:
  %v97 = load i64, ptr %s23, align 8
  %v98 = load ptr, ptr %s21, align 8
  %v99 = load ptr, ptr %s22, align 8
  call void @padding(ptr %words, ptr %v98, ptr %v99, ptr %v20, ptr %v11, i64 %v97, i64 %v8, i64 %v61)
  br label %if62.end
if62.end:
  br i1 %v41, label %if100.then, label %if100.end
if100.then:
  %v101 = load i64, ptr %s23, align 8
  %v102 = load ptr, ptr %s21, align 8
  %v103 = load ptr, ptr %s22, align 8
  call void @reset.before(ptr %words, ptr %v102, ptr %v103, ptr %v20, ptr %v11, i64 %v101, i64 %v8, i64 %v61)
  br label %if100.end
if100.end:
  %v104 = load i64, ptr %s23, align 8
  %v105 = load ptr, ptr %s21, align 8
  %v106 = load ptr, ptr %s22, align 8
  call void @phase0.width20(ptr %words, ptr %v105, ptr %v106, ptr %v20, ptr %v11, i64 %v104, i64 %v8, i64 %v61)
  br i1 %v42, label %if107.then, label %if107.end
if107.then:
  %v108 = load i64, ptr %s23, align 8
  %v109 = load ptr, ptr %s21, align 8
  %v110 = load ptr, ptr %s22, align 8
  call void @reset.after(ptr %words, ptr %v109, ptr %v110, ptr %v20, ptr %v11, i64 %v108, i64 %v8, i64 %v61)
  br label %if107.end
if107.end:
  %v111 = load ptr, ptr %s21, align 8
  %v112 = load ptr, ptr %s22, align 8
  store ptr %v112, ptr %s21, align 8
  store ptr %v111, ptr %s22, align 8
  %v113 = add i64 %v58, 1
  store i64 %v113, ptr %s57, align 8
  br label %loop56.head
loop56.end:
  br i1 %v44, label %if114.then, label %if114.end
if114.then:
  %v115 = load i64, ptr %s23, align 8
  store i64 %v115, ptr %s117, align 8
  br label %loop116.head
loop116.head:
  %v118 = load i64, ptr %s117, align 8
  %v119 = icmp slt i64 %v118, %v8
  br i1 %v119, label %loop116.body, label %loop116.end
loop116.body:
  %v120 = load i64, ptr %s23, align 8
  %v121 = load ptr, ptr %s21, align 8
  %v122 = load ptr, ptr %s22, align 8
  call void @enter(ptr %words, ptr %v121, ptr %v122, ptr %v20, ptr %v11, i64 %v120, i64 %v8, i64 %v118)
  %v123 = add i64 %v118, 1
  store i64 %v123, ptr %s117, align 8
  br label %loop116.head
loop116.end:
  store i64 %v8, ptr %s23, align 8
  br label %if114.end
if114.end:
  %v124 = load i64, ptr %s23, align 8
  store i64 0, ptr %s126, align 8
  br label %loop125.head
loop125.head:
  %v127 = load i64, ptr %s126, align 8
  %v128 = icmp slt i64 %v127, %v124
  br i1 %v128, label %loop125.body, label %loop125.end
loop125.body:
  %v129 = load i64, ptr %s23, align 8
  %v130 = load ptr, ptr %s21, align 8
  %v131 = load ptr, ptr %s22, align 8
  call void @leave(ptr %words, ptr %v130, ptr %v131, ptr %v20, ptr %v11, i64 %v129, i64 %v8, i64 %v127)
  %v132 = add i64 %v127, 1
  store i64 %v132, ptr %s126, align 8
  br label %loop125.head
loop125.end:
  ret void
}

define void @worker(ptr %words) #0 {
entry:
  %s1 = alloca i32, i64 1, align 64
  %s2 = alloca i32, i64 1, align 64
  call void @llvm.x86.sse.stmxcsr(ptr %s1)
  %v3 = load i32, ptr %s1, align 4
  %v4 = or i32 %v3, 32832
  store i32 %v4, ptr %s2, align 4
  call void @llvm.x86.sse.ldmxcsr(ptr %s2)
  %v5 = getelementptr i8, ptr %words, i64 8
  %v6 = load i64, ptr %v5, align 8
  br label %again7.head
again7.head:
  %v8 = atomicrmw add ptr %words, i64 1 seq_cst, align 8
  %v9 = icmp sge i64 %v8, %v6
  br i1 %v9, label %again7.end, label %on10
on10:
  call void @slice(ptr %words, i64 %v8)
  br label %again7.head
again7.end:
  call void @llvm.x86.sse.ldmxcsr(ptr %s1)
  ret void
}


attributes #0 = { nounwind "target-cpu"="haswell" "prefer-vector-width"="512" }
